package view

import (
	"encoding/json"
	"math"
)

// Space is how full the database is: the data of the notice database-full.
type Space struct {
	UsedMB  int64 `json:"used_mb"`
	QuotaMB int64 `json:"quota_mb"`
	// Percent is the part that is used, rounded down.
	Percent int `json:"percent"`
	// Level is the highest of SpaceLevels that is reached; 0 if none is.
	Level int `json:"level"`
}

// SpaceLevels are the parts of its quota, in percent, at which the admins are notified that the
// database fills up.
func SpaceLevels() []int { return []int{80, 95} }

const megabyte = 1 << 20

// SpaceOf is how full a database of used bytes is with a quota of MB (MiB), which is not 0.
func SpaceOf(bytes int64, quotaMB float64) Space {
	part := 100 * float64(bytes) / (quotaMB * megabyte)
	s := Space{UsedMB: int64(math.Round(float64(bytes) / megabyte)), QuotaMB: int64(math.Round(quotaMB)), Percent: int(part)}
	for _, level := range SpaceLevels() {
		if part >= float64(level) {
			s.Level = level
		}
	}
	return s
}

// JSON is it as the order's document keeps it.
func (s Space) JSON() string {
	b, err := json.Marshal(s)
	if err != nil {
		return "{}" // cannot be: it is a plain struct
	}
	return string(b)
}

// ParseSpace reads what JSON wrote; anything else is the zero Space, for which no notice was sent.
func ParseSpace(data string) Space {
	var s Space
	if json.Unmarshal([]byte(data), &s) != nil {
		return Space{}
	}
	return s
}
