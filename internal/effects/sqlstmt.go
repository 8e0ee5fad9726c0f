package effects

import "strings"

// statements classifies the whole text: one statement, or several of which one
// writes.
func statements(toks []sqlToken) Verb {
	for i, t := range toks {
		if t.kind == sqlDoubt || doubtfulPair(toks, i) {
			return VerbUnknown
		}
	}
	for len(toks) > 0 && toks[len(toks)-1].is(";") {
		toks = toks[:len(toks)-1]
	}
	verb, from, several := VerbUnknown, 0, false
	for i, t := range toks {
		if t.is(";") {
			if statement(toks[from:i]) == Write {
				verb = Write
			}
			from, several = i+1, true
		}
	}
	if last := statement(toks[from:]); last == Write || !several {
		return last
	}
	return verb
}

// doubtfulPair tells of two tokens without a space between them that a server
// may read as one: 1x, q'[', r'a', [a]].
func doubtfulPair(toks []sqlToken, i int) bool {
	if i == 0 || !toks[i].glued {
		return false
	}
	before, t := toks[i-1], toks[i]
	number := before.kind == sqlLiteral && strings.ContainsAny(before.text[len(before.text)-1:], "0123456789.") && !strings.HasPrefix(before.text, "$")
	switch {
	case number && t.kind == sqlWord:
		return true
	case t.kind == sqlLiteral && (t.text[0] == '\'' || t.text[0] == '"') && before.kind == sqlWord:
		return !before.is("N", "B", "X", "E")
	case before.kind == sqlQuoted && strings.HasPrefix(before.text, "["):
		return t.is("]")
	}
	return false
}

// statement classifies one statement, as far as its words go.
func statement(toks []sqlToken) Verb {
	if len(toks) == 0 {
		return VerbUnknown
	}
	switch head := toks[0]; {
	case head.kind == sqlWord && sqlWrites[head.text]:
		return Write
	case head.is("SHOW"):
		return show(toks[1:])
	case head.is("EXPLAIN"):
		return explain(toks[1:])
	case head.is("WITH"):
		return with(toks)
	case head.is("SELECT"), head.is("(") && opensSelect(toks):
		return body(toks)
	}
	return VerbUnknown
}

// opensSelect tells whether, after parentheses, a SELECT begins.
func opensSelect(toks []sqlToken) bool {
	for _, t := range toks {
		if !t.is("(") {
			return t.is("SELECT")
		}
	}
	return false
}

// show allows SHOW anything that is words, names and strings: no statement of
// MySQL or PostgreSQL that begins so changes anything.
func show(toks []sqlToken) Verb {
	if len(toks) > 0 && toks[0].is("CREATE") {
		toks = toks[1:] // SHOW CREATE TABLE t
	}
	if len(toks) == 0 {
		return VerbUnknown
	}
	return body(toks)
}

// explain looks behind EXPLAIN: with ANALYZE the statement is executed, and
// Oracle's EXPLAIN PLAN writes into a table. Only that of a read counts.
func explain(toks []sqlToken) Verb {
	for i, t := range toks {
		switch {
		case t.is("SELECT", "WITH"):
			return statement(toks[i:])
		case t.kind == sqlWord && sqlExplains[t.text], t.is("(", ")", ",", "="):
		case i > 0 && toks[i-1].is("="), i > 0 && toks[i-1].is("FORMAT"):
		default:
			return VerbUnknown
		}
	}
	return VerbUnknown
}

// with walks over the common table expressions to the statement that follows.
//
//	WITH [RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (body), ... SELECT
func with(toks []sqlToken) Verb {
	i := 1
	if i < len(toks) && toks[i].is("RECURSIVE") {
		i++
	}
	for {
		open := expression(toks, i)
		if open < 0 {
			return VerbUnknown
		}
		if toks[open+1].kind == sqlWord && sqlWrites[toks[open+1].text] {
			return Write
		}
		if !toks[open+1].is("SELECT", "WITH", "VALUES", "(") {
			return VerbUnknown
		}
		if i = closing(toks, open); i == len(toks) || !toks[i].is(",") {
			break
		}
		i++
	}
	main := toks[i:]
	if len(main) > 0 && main[0].kind == sqlWord && sqlWrites[main[0].text] {
		return Write
	}
	if !opensSelect(main) {
		return VerbUnknown
	}
	return body(toks[1:])
}

// expression reads the head of one common table expression and gives the index
// of the parenthesis that its body follows; -1 where it is none. The name of one
// with columns is marked as such: what follows it are no arguments.
func expression(toks []sqlToken, i int) int {
	if i >= len(toks) || toks[i].kind != sqlWord && toks[i].kind != sqlQuoted {
		return -1
	}
	name := i
	if i++; i < len(toks) && toks[i].is("(") {
		toks[name] = sqlToken{kind: sqlLiteral, text: "0"}
		i = closing(toks, i)
	}
	if i >= len(toks) || !toks[i].is("AS") {
		return -1
	}
	for i++; i < len(toks) && toks[i].is("NOT", "MATERIALIZED"); i++ {
	}
	if i+1 >= len(toks) || !toks[i].is("(") {
		return -1
	}
	return i
}

// closing is the index after the parenthesis that closes the one at open; the
// end where there is none.
func closing(toks []sqlToken, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		if toks[i].is("(") {
			depth++
		}
		if toks[i].is(")") {
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(toks)
}

// body is Read where no word of a query can change anything, and no function is
// called that is not known.
func body(toks []sqlToken) Verb {
	verb := Read
	for i, t := range toks {
		if t.is("INSERT", "UPDATE", "DELETE", "MERGE", "INTO") {
			return Write // SELECT INTO, FOR UPDATE, a common table expression that deletes
		}
		if called := i+1 < len(toks) && toks[i+1].is("("); doubtful(toks, i, called) {
			verb = VerbUnknown
		}
	}
	return verb
}

// doubtful tells of a token in a query with which something may begin that is
// no read; called says that a parenthesis follows.
func doubtful(toks []sqlToken, i int, called bool) bool {
	t := toks[i]
	if t.kind != sqlWord {
		return t.is(";") || called && (t.kind == sqlQuoted || t.is(")", "]"))
	}
	switch {
	case called && t.is("REPLACE", "TRUNCATE"):
		return false // of strings and of numbers
	case sqlWrites[t.text], sqlActs[t.text], sequence(toks, i):
		return true
	case called && i > 0 && toks[i-1].is("AS"):
		return false // names of columns, or a type
	}
	return called && !sqlBefore[t.text] && !sqlFunctions[t.text]
}

// sequence tells of the forms in which a sequence is advanced, or read after
// that: s.NEXTVAL, NEXT VALUE FOR s, NEXTVAL FOR s.
func sequence(toks []sqlToken, i int) bool {
	name := toks[i].text[strings.LastIndexByte(toks[i].text, '.')+1:]
	return name == "NEXTVAL" || name == "CURRVAL" || name == "PREVVAL" ||
		name == "VALUE" && i > 0 && toks[i-1].is("NEXT", "PREVIOUS")
}
