package typed

import (
	"slices"
	"strings"
)

// Near is the one of the known words that a word was probably meant to be, or empty. They differ by
// the case of letters, by hyphens, underscores and spaces, or by a typing slip or two: a letter too
// many, too few, another one, or two that changed places.
func Near(word string, known []string) string {
	best, fewest := "", 3
	for _, k := range known {
		if n := slips(plain(word), plain(k)); n < fewest && n <= mostSlips(k) {
			best, fewest = k, n
		}
	}
	return best
}

// mostSlips is in how many slips a word is still known: short ones soon become another.
func mostSlips(word string) int {
	switch n := len(word); {
	case n < 2:
		return 0
	case n < 5:
		return 1
	}
	return 2
}

// DidYouMean is ": did you mean x?" where a known word is near, and empty where none is.
func DidYouMean(word string, known []string) string {
	if n := Near(word, known); n != "" {
		return ": did you mean " + n + "?"
	}
	return ""
}

var separators = strings.NewReplacer("-", "", "_", "", " ", "")

func plain(word string) string { return separators.Replace(strings.ToLower(word)) }

// slips counts the typing slips between two words (the restricted Damerau-Levenshtein distance).
// Words that differ much in length count as far apart.
func slips(a, b string) int {
	const far = 99
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return far
	}
	var before, row []int
	next := make([]int, len(y)+1)
	for j := range next {
		next[j] = j
	}
	for i := range x {
		before, row, next = row, next, make([]int, len(y)+1)
		next[0] = i + 1
		for j := range y {
			change := row[j]
			if x[i] != y[j] {
				change++
			}
			next[j+1] = slices.Min([]int{row[j+1] + 1, next[j] + 1, change})
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
	}
	return next[len(y)]
}

// Slug is a name of small letters, digits and hyphens that is like a text; it is empty where the
// text has none of these.
func Slug(text string) string {
	var parts []string
	for part := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !strings.ContainsRune(slugRunes, r) }) {
		parts = append(parts, part)
	}
	return strings.Join(parts, "-")
}

const slugRunes = "abcdefghijklmnopqrstuvwxyz0123456789"
