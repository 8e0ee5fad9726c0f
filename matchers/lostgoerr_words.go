package matchers

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
	"unicode"
)

// message says in plain words what failed, in the case of the model's message:
// "collector failed", "refresh tokens failed".
func (w *logWriter) message(s *logSource) string {
	words := camel(calledName(w.pass.Info, w.l.Call))
	if subject := w.subject(); len(words) == 1 && subject != nil {
		if words[0] == "run" || words[0] == "serve" || words[0] == "loop" { // what runs has failed itself
			words = nil
		}
		words = append(subject, words...)
	}
	text := strings.Join(append(words, "failed"), " ")
	if u := s.model; u != nil && u.msg >= 0 {
		v := w.pass.Info.Types[u.call.Args[u.msg]].Value
		if first := []rune(constant.StringVal(v)); len(first) > 1 && unicode.IsUpper(first[0]) && !unicode.IsUpper(first[1]) {
			text = strings.ToUpper(text[:1]) + text[1:]
		}
	}
	return text
}

// subject says whose method is called: the last name of the path to it, or the
// receiver's type where that is a few letters or the method's own receiver.
func (w *logWriter) subject() []string {
	sel, ok := ast.Unparen(w.l.Call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	id := lastIdent(sel.X)
	if _, isPkg := w.pass.Info.Uses[id].(*types.PkgName); id == nil || isPkg {
		return nil
	}
	recv, _ := receiverAndType(w.pass.Info, w.l.Decl)
	if len(id.Name) > 3 && (recv == nil || w.pass.Info.Uses[id] != types.Object(recv)) {
		return camel(id.Name)
	}
	if n := namedOf(w.pass.Info.TypeOf(sel.X)); n != nil {
		return w.typeWords(n.Obj())
	}
	return camel(id.Name)
}

// typeWords names a type, with its package where that is another: "http server".
// What is called Interface is its package.
func (w *logWriter) typeWords(t *types.TypeName) []string {
	words := camel(t.Name())
	if t.Pkg() == nil || t.Pkg() == w.pass.Pkg || words[0] == t.Pkg().Name() {
		return words
	}
	if t.Name() == "Interface" {
		words = nil
	}
	return append([]string{t.Pkg().Name()}, words...)
}

// camel splits a Go name into lower-case words: "StartHTTPServer" gives start, http,
// server.
func camel(name string) []string {
	if !token.IsIdentifier(name) {
		return nil
	}
	var words []string
	runes := []rune(strings.ReplaceAll(name, "_", " "))
	start := 0
	for i := 1; i <= len(runes); i++ {
		if i < len(runes) {
			lowUp := unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1])
			acronym := unicode.IsUpper(runes[i]) && unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !lowUp && !acronym {
				continue
			}
		}
		words = append(words, strings.Fields(strings.ToLower(string(runes[start:i])))...)
		start = i
	}
	return words
}
