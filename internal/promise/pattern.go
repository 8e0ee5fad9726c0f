// Package promise holds what a user promises about functions that goherd can't
// look into, or can't look far enough into: that they only read, or that they
// write. Patterns name the functions.
package promise

import (
	"errors"
	"fmt"
	"go/types"
	"path"
	"slices"
	"strings"
	"unicode"
)

// A Pattern names functions and methods:
//
//	import/path.Func         a function
//	import/path.Type.Method  a method, of a concrete type or of an interface
//
// The type is the one that declares the method, without pointer and type
// arguments: a method that comes from an embedded type goes by that type's name.
// A * stands for any characters within one name or one element of the path; **
// as a whole element stands for any number of elements, none among them.
//
// The last element of a path may hold dots (gopkg.in/yaml.v3.Unmarshal). What is
// matched is known to be a function or a method, so there is nothing to guess.
type Pattern struct {
	text     string
	function *reading
	method   *reading
}

// A reading is a pattern cut into its parts.
type reading struct {
	path []string // elements
	typ  string   // "" for a function
	name string
}

func (p *Pattern) String() string { return p.text }

// Parse reads a pattern. The error says what is wrong and what to write instead;
// it doesn't repeat the pattern.
func Parse(text string) (*Pattern, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	slash := strings.LastIndexByte(text, '/')
	var front []string
	if slash >= 0 {
		front = strings.Split(text[:slash], "/")
	}
	parts := strings.Split(text[slash+1:], ".")
	last := len(parts) - 1
	if last == 0 {
		return nil, fmt.Errorf("it names no function: write import/path.Func or import/path.Type.Method (** in place of the path: in every package)")
	}
	p := &Pattern{text: text}
	function := reading{path: append(slices.Clone(front), strings.Join(parts[:last], ".")), name: parts[last]}
	why := function.check(function.name)
	if why == nil {
		p.function = &function
	}
	if last > 1 {
		method := reading{path: append(slices.Clone(front), strings.Join(parts[:last-1], ".")), typ: parts[last-1], name: parts[last]}
		err := method.check(method.typ, method.name)
		if err == nil {
			p.method = &method
		}
		why = err // where neither can be, two dots want to be a method
	}
	if p.function == nil && p.method == nil {
		return nil, why
	}
	return p, nil
}

// checkText looks for what has no place in a pattern at all.
func checkText(text string) error {
	switch {
	case text == "":
		return errors.New("it is empty")
	case strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../"):
		return errors.New("it starts with a folder: write the import path, as the import in Go has it")
	case strings.Contains(text, "..."):
		return errors.New("write ** where go's own patterns have ...")
	case strings.Contains(text, "***"):
		return errors.New("there is * and **, and no more stars than that")
	}
	for _, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._~+/*", r):
		case r == '(' || r == ')':
			return errors.New("write a method without parentheses and pointer: import/path.Type.Method")
		case r == '[' || r == ']':
			return errors.New("write a type without its type arguments: import/path.Type.Method")
		default:
			return fmt.Errorf("%q means nothing in a pattern: only * and ** are special", r)
		}
	}
	return nil
}

// check errs where the parts can't be those of a Go function.
func (r *reading) check(names ...string) error {
	for _, name := range names {
		if name == "" {
			return errors.New("nothing stands before or behind a dot: write import/path.Func or import/path.Type.Method")
		}
		if strings.Contains(name, "**") {
			return errors.New("** stands for elements of the import path: in a name, write *")
		}
		for i, c := range strings.ReplaceAll(name, "*", "_") {
			if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
				return fmt.Errorf("%q is no name in Go: write import/path.Func or import/path.Type.Method", name)
			}
		}
	}
	for _, e := range r.path {
		switch {
		case e == "" && len(r.path) == 1:
			return errors.New("there is no import path in front of the dot (** stands for every one)")
		case e == "":
			return errors.New("an element of its import path is empty")
		case e != "**" && strings.Contains(e, "**"):
			return fmt.Errorf("** stands for whole elements of the import path, and %q is more than that: write * there", e)
		case strings.HasPrefix(e, ".") || strings.HasSuffix(e, "."):
			return fmt.Errorf("no element of an import path starts or ends with a dot, as %q does", e)
		}
	}
	if first := []rune(r.path[0]); len(r.path) == 1 && unicode.IsUpper(first[0]) {
		return fmt.Errorf("%q is no import path: put one in front of the type (** stands for every one)", r.path[0])
	}
	return nil
}

// Matches tells whether the pattern names fn. Functions and methods that belong
// to no package, methods of types without a name and of types that a function
// declares are named by none.
func (p *Pattern) Matches(fn *types.Func) bool {
	r, pkg, typ := p.function, fn.Pkg(), ""
	if recv := fn.Signature().Recv(); recv != nil {
		obj := declaring(recv.Type())
		if obj == nil {
			return false
		}
		r, pkg, typ = p.method, obj.Pkg(), obj.Name()
	}
	if r == nil || pkg == nil {
		return false
	}
	return like(r.name, fn.Name()) && like(r.typ, typ) && likePath(r.path, strings.Split(pkg.Path(), "/"))
}

// declaring is the type of a receiver, nil where a package doesn't declare it.
func declaring(t types.Type) *types.TypeName {
	t = types.Unalias(t)
	if ptr, ok := t.(*types.Pointer); ok {
		t = types.Unalias(ptr.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok {
		return nil
	}
	obj := named.Origin().Obj()
	if obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
		return nil
	}
	return obj
}

// like matches one name or one element. What else path.Match knows, checkText
// has kept out.
func like(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// likePath lets each ** take as few elements as it can, and one more whenever
// what follows doesn't fit.
func likePath(pattern, elems []string) bool {
	p, e := 0, 0
	star, taken := -1, 0
	for e < len(elems) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			star, taken = p, e
			p++
		case p < len(pattern) && like(pattern[p], elems[e]):
			p++
			e++
		case star >= 0:
			taken++
			p, e = star+1, taken
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}
