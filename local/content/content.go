// Package content says what a Go program is made of: how many of its bytes come from which module.
//
// It promises that nothing is left out: what belongs to no module is named for what it is.
package content

import (
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"slices"
	"strings"
)

// What belongs to no module.
const (
	Ours     = "ours"
	Standard = "standard library"
	Tables   = "line tables (for stack traces)"
	Shared   = "types, strings, padding"
)

// Part is a module, or one of what belongs to none.
type Part struct {
	Name, Version string
	Bytes         int64
}

// Read gives the parts of a Linux program that has its symbols still, the largest first. They add
// up to what is loaded of it; what the symbols themselves take does not count.
func Read(program string) ([]Part, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("what is in %s: %w", program, err)
	}
	file, err := elf.Open(program)
	if err != nil {
		return nil, fmt.Errorf("what is in %s: %w", program, err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return nil, fmt.Errorf("what is in %s: %w; was it built with -ldflags -s?", program, err)
	}
	bytes := map[string]int64{}
	for i, section := range file.Sections {
		switch {
		case !loaded(section):
		case section.Name == ".gopclntab":
			bytes[Tables] += int64(section.Size)
		default:
			attribute(bytes, info, elf.SectionIndex(i), section, symbols)
		}
	}
	return sorted(bytes, info), nil
}

// loaded: it is in the file, and also once the symbols are taken off.
func loaded(s *elf.Section) bool {
	return s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS
}

// attribute gives each symbol of a section to its module, and the rest of the section to Shared.
func attribute(bytes map[string]int64, info *buildinfo.BuildInfo, i elf.SectionIndex, section *elf.Section, symbols []elf.Symbol) {
	rest := int64(section.Size)
	for _, s := range symbols {
		size := int64(s.Size)
		if s.Section != i || size == 0 || size > rest {
			continue
		}
		if name := moduleOf(info, packageOf(s.Name)); name != Shared {
			bytes[name] += size
			rest -= size
		}
	}
	bytes[Shared] += rest
}

// packageOf is the package that a symbol is of, or "" where it is of none. Within a path's last
// element the linker writes a dot as %2e.
func packageOf(symbol string) string {
	symbol, _, _ = strings.Cut(symbol, "[") // what a generic one is made for
	if strings.HasPrefix(symbol, "go:") || strings.HasPrefix(symbol, "type:") {
		return ""
	}
	slash := strings.LastIndex(symbol, "/") + 1
	dot := strings.Index(symbol[slash:], ".")
	if dot < 0 {
		return ""
	}
	return strings.ReplaceAll(symbol[:slash+dot], "%2e", ".")
}

func moduleOf(info *buildinfo.BuildInfo, pkg string) string {
	if pkg == "" {
		return Shared
	}
	if pkg == "main" || within(pkg, info.Main.Path) {
		return Ours
	}
	best := ""
	for _, m := range info.Deps {
		if within(pkg, m.Path) && len(m.Path) > len(best) {
			best = m.Path
		}
	}
	if best != "" {
		return best
	}
	if first, _, _ := strings.Cut(pkg, "/"); strings.Contains(first, ".") {
		return Shared // of no module that is known
	}
	return Standard
}

func within(pkg, module string) bool { return pkg == module || strings.HasPrefix(pkg, module+"/") }

func sorted(bytes map[string]int64, info *buildinfo.BuildInfo) []Part {
	versions := map[string]string{Standard: info.GoVersion}
	for _, m := range info.Deps {
		versions[m.Path] = m.Version
	}
	var all []Part
	for name, n := range bytes {
		all = append(all, Part{name, versions[name], n})
	}
	slices.SortFunc(all, func(a, b Part) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name)) })
	return all
}
