package effects

import (
	"slices"
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// SQL tells what a statement does by its text alone: Read, Write, or unknown.
//
// Nothing is known of the server, so the text is read as each of the dialects
// would read it, and is a Read only where all that can read it say so. What the
// dialects or the lexer could see differently (a backslash, a dollar quote, a
// comment that MySQL would execute) is unknown: a miss costs nothing, while a
// write that is called a read is moved beside another. Unknown is also whatever
// calls a function that is not on the list of sqlFunctions: SELECT nextval('s')
// writes (hazard E3), and so does a function of the user's.
//
// What a SELECT sets off inside the server, by a view, a rule, an operator that
// calls a function, or a function that Oracle calls without parentheses, is not in
// the text and not looked for.
func SQL(text string) Verb {
	if strings.IndexFunc(text, unusual) >= 0 {
		return VerbUnknown
	}
	verb, read := Read, false
	for _, d := range []sqllexer.DBMSType{sqllexer.DBMSPostgres, sqllexer.DBMSMySQL, sqllexer.DBMSSQLServer, sqllexer.DBMSOracle} {
		toks, accepted := lexSQL(text, d)
		if !accepted {
			continue // this server would refuse it
		}
		switch v := statements(toks); {
		case v == Write && verb != VerbUnknown:
			verb = Write
		case v == VerbUnknown:
			verb = VerbUnknown
		}
		read = true
	}
	if !read {
		return VerbUnknown
	}
	return verb
}

// unusual are the bytes that change from dialect to dialect what a string or a
// word is, and those that end the lexer's input.
func unusual(r rune) bool {
	return r == '\\' || r == 0xFFFD || r < ' ' && r != '\t' && r != '\n' && r != '\r'
}

// A sqlKind is what matters here about a token.
type sqlKind uint8

const (
	sqlDoubt   sqlKind = iota // nobody should build on it
	sqlWord                   // a name or a keyword without quotes, in upper case
	sqlQuoted                 // a name in quotes
	sqlLiteral                // a string, a number, a parameter
	sqlMark                   // an operator or punctuation
)

// A sqlToken is one token, without what separates tokens.
type sqlToken struct {
	kind  sqlKind
	text  string
	glued bool // nothing separates it from the one before
}

func (t sqlToken) is(words ...string) bool {
	return (t.kind == sqlWord || t.kind == sqlMark) && slices.Contains(words, t.text)
}

// lexSQL reads text as one dialect does; ok is false where that dialect has no
// such quotes. Backtick and bracket in one text are doubtful: SQLite reads both.
func lexSQL(text string, dialect sqllexer.DBMSType) (toks []sqlToken, ok bool) {
	lexer, glued, backtick, bracket := sqllexer.New(text, sqllexer.WithDBMS(dialect)), false, false, false
	for range len(text) + 1 {
		t := lexer.Scan() // reused by the lexer: its value must not be kept, its text may
		switch t.Type {
		case sqllexer.EOF:
			if backtick && bracket {
				return []sqlToken{{}}, true
			}
			return toks, !backtick || dialect == sqllexer.DBMSMySQL
		case sqllexer.SPACE:
			glued = false
			continue
		case sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
			if !plainComment(t.Value) {
				return []sqlToken{{}}, true
			}
			glued = false
			continue
		}
		backtick = backtick || strings.HasPrefix(t.Value, "`")
		bracket = bracket || strings.HasPrefix(t.Value, "[")
		tok := sqlToken{kindOf(t), t.Value, glued}
		if tok.kind == sqlWord {
			tok.text = strings.ToUpper(tok.text)
		}
		toks, glued = append(toks, tok), true
	}
	return []sqlToken{{}}, true
}

// plainComment tells whether every dialect ends the comment in the same place,
// and none executes it.
func plainComment(c string) bool {
	body, block := strings.CutPrefix(c, "/*")
	if block {
		// MySQL executes /*! and MariaDB /*M!, hints begin with a plus, and PostgreSQL nests.
		return !strings.HasPrefix(body, "!") && !strings.HasPrefix(body, "+") && !strings.HasPrefix(body, "M!") && !strings.Contains(body, "/*")
	}
	if strings.Contains(strings.TrimSuffix(c, "\r"), "\r") {
		return false // PostgreSQL ends it there
	}
	body, dashes := strings.CutPrefix(c, "--")
	return !dashes || strings.TrimLeft(body, " \t\r") != body || body == "" // in MySQL 1--1 is 2
}

// kindOf classifies a token of the lexer, doubting what is not plain: the lexer
// is made for statistics, and takes more into a word or an operator than a server does.
func kindOf(t *sqllexer.Token) sqlKind {
	switch t.Type {
	case sqllexer.STRING:
		if strings.HasPrefix(t.Value, "'''") || strings.HasPrefix(t.Value, `"""`) {
			return sqlDoubt // BigQuery's long strings
		}
		return sqlLiteral
	case sqllexer.QUOTED_IDENT:
		return sqlQuoted
	case sqllexer.NUMBER:
		if end := t.Value[len(t.Value)-1]; end == 'e' || end == 'E' || end == '+' || end == '-' {
			return sqlDoubt // the beginning of a word, as in 1exec
		}
		return sqlLiteral
	case sqllexer.POSITIONAL_PARAMETER, sqllexer.BIND_PARAMETER:
		return sqlLiteral
	case sqllexer.OPERATOR, sqllexer.PUNCTUATION, sqllexer.WILDCARD, sqllexer.JSON_OP:
		for _, bad := range []string{"--", "/*", "*/", "//", ":=", "{", "}"} {
			if strings.Contains(t.Value, bad) {
				return sqlDoubt
			}
		}
		if strings.Contains(t.Value, "#") && t.Type != sqllexer.JSON_OP {
			return sqlDoubt
		}
		return sqlMark
	case sqllexer.UNKNOWN:
		if t.Value == "`" {
			return sqlMark // the whole reading falls: see lexSQL
		}
		return sqlDoubt
	}
	for i := range len(t.Value) {
		if c := t.Value[i]; c != '_' && c != '.' && c != '$' && (c < '0' || '9' < c) && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c) {
			return sqlDoubt
		}
	}
	if t.Value == "" || t.Type == sqllexer.ERROR || t.Type == sqllexer.INCOMPLETE_STRING || strings.HasPrefix(t.Value, "$") {
		return sqlDoubt // a dollar quote among them
	}
	return sqlWord
}
