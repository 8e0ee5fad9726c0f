// Package tabletest holds the table of known packages against the packages
// themselves. It serves tests alone: those of this module for the standard
// library, and those of bench/known for all the others.
package tabletest

import (
	"fmt"
	"go/types"
	"maps"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// ByPackage groups the lines of the table by the package that they speak of.
func ByPackage() map[string][]effects.Line {
	of := map[string][]effects.Line{}
	for _, l := range effects.Lines() {
		of[l.Package] = append(of[l.Package], l)
	}
	return of
}

// Check tells what of the lines about pkg doesn't hold there: a name that isn't
// there, one that a line above has already, an index or a type that doesn't fit.
func Check(pkg *types.Package, lines []effects.Line) []error {
	var errs []error
	all, kinds := Callable(pkg), map[string]int{}
	left := slices.Clone(all)
	for _, l := range lines {
		for _, p := range l.Symbols {
			var err error
			if l.Handle.Use != effects.UseUnknown {
				err = checkType(pkg, p, kinds[p])
				kinds[p] = l.At
			} else {
				left, err = checkPattern(pkg, p, all, left)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("known.table:%d: %s %s: %w", l.At, l.Package, p, err))
			}
		}
	}
	return errs
}

func checkType(pkg *types.Package, name string, before int) error {
	obj, ok := pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok {
		return fmt.Errorf("there is no such type")
	}
	if n, ok := types.Unalias(obj.Type()).(*types.Named); !ok || n.Obj() != obj {
		return fmt.Errorf("it is an alias of %s: only that would be found", types.Unalias(obj.Type()))
	}
	if before > 0 {
		return fmt.Errorf("line %d has it already", before)
	}
	return nil
}

// checkPattern looks at all that a pattern is the first to claim, and takes it
// away from what is left for the lines below.
func checkPattern(pkg *types.Package, pattern string, all, left []Symbol) ([]Symbol, error) {
	is := func(s Symbol) bool { return effects.Matches(pattern, s.Name) }
	rest := slices.DeleteFunc(slices.Clone(left), is)
	if pattern != "*" && !slices.ContainsFunc(all, is) {
		return rest, fmt.Errorf("there is no such function or method")
	}
	if pattern != "*" && len(rest) == len(left) {
		return rest, fmt.Errorf("a line above has it already")
	}
	for _, s := range left {
		if is(s) {
			if err := checkWords(pkg, s); err != nil {
				return rest, fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	return rest, nil
}

// A Symbol is a function or a method under the name that the table has for it.
type Symbol struct {
	Name string
	Func *types.Func
}

// Callable gathers all functions and methods that code outside of pkg can call,
// in the order of their names: also through types that are exported under no
// name, and those that an interface has from another package's, as hash.Hash has
// io.Writer's Write.
func Callable(pkg *types.Package) []Symbol {
	set := map[string]*types.Func{}
	add := func(fn *types.Func, through *types.TypeName) {
		switch {
		case !fn.Exported():
		case fn.Pkg() == pkg:
			set[effects.Symbol(fn)] = fn
		case through != nil && !through.IsAlias() && types.IsInterface(through.Type()):
			set[through.Name()+"."+fn.Name()] = fn
		}
	}
	for _, name := range pkg.Scope().Names() {
		switch obj := pkg.Scope().Lookup(name).(type) {
		case *types.Func:
			add(obj, nil)
		case *types.TypeName:
			for _, t := range []types.Type{obj.Type(), types.NewPointer(obj.Type())} {
				for m := range types.NewMethodSet(t).Methods() {
					add(m.Obj().(*types.Func).Origin(), obj)
				}
			}
		}
	}
	var list []Symbol
	for _, name := range slices.Sorted(maps.Keys(set)) {
		list = append(list, Symbol{name, set[name]})
	}
	return list
}
