package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from source code, file names and error messages fit for a
// terminal and for one line: what could move the cursor, change colours or swap
// the order of characters (control characters, ANSI escapes, bidirectional
// overrides, broken UTF-8) is shown as Go would write it in a string.
func Clean(s string) string { return clean(s, false) }

// cleanCode does the same for a line of source, whose tabs mean what they say.
func cleanCode(s string) string { return clean(strings.TrimSuffix(s, "\r"), true) }

func clean(s string, tabs bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case unicode.IsPrint(r), tabs && r == '\t':
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		i += size
	}
	return b.String()
}

// wrap breaks text between words, so that no line but that of a single longer
// word has more than width columns. A column is one character.
func wrap(text string, width int) []string {
	var lines []string
	line, columns := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if columns > 0 && columns+1+n > width {
			lines = append(lines, line)
			line, columns = "", 0
		}
		if columns > 0 {
			line += " "
			columns++
		}
		line += word
		columns += n
	}
	return append(lines, line)
}
