package openfaas

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// ArgumentError is an argument of a call that the function cannot use. It quotes nothing of the
// call, so that it may be logged and answered.
type ArgumentError struct {
	// Name is the argument's, with its command before it: resend.to.
	Name string
	// Want describes the values that it may have.
	Want string
}

func (e *ArgumentError) Error() string { return e.Name + ": want " + e.Want }

// argumentError names the argument that json could not read into a command's arguments.
func argumentError(command string, into any, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return &ArgumentError{command, "no arguments but " + strings.Join(fieldNames(reflect.TypeOf(into).Elem()), ", ")}
	}
	name := command
	if field := fieldOf(wrong.Field, reflect.TypeOf(into).Elem()); field != "" {
		name += "." + field
	}
	return &ArgumentError{name, kindNames[wrong.Type.Kind()]}
}

// fieldOf is the JSON name of the struct's field that a path of encoding/json leads through. The
// path may name an embedded struct before the field and an index after it, and may spell the field
// as the caller did, which is not to be quoted.
func fieldOf(path string, t reflect.Type) string {
	if t.Kind() != reflect.Struct {
		return ""
	}
	for part := range strings.SplitSeq(path, ".") {
		for _, name := range fieldNames(t) {
			if strings.EqualFold(part, name) {
				return name
			}
		}
	}
	return ""
}

// kindNames are JSON's types, by the Go types that commands read them into.
var kindNames = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Slice: "a list of strings", reflect.Struct: "an object",
}

// fieldNames are the JSON names of a struct's fields.
func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, fieldNames(f.Type)...)
		case name != "":
			names = append(names, name)
		}
	}
	return names
}
