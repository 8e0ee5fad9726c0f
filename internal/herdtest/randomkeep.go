package herdtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

// archive writes a failure as a template of the oracle: laid into testdata/oracle it fails
// for as long as the bug is there.
func (f *field) archive(one *failure) ([]byte, error) {
	p := one.program
	var head strings.Builder
	fmt.Fprintf(&head, "A random program (seed %d, %s) fails: %s.\n%s\n", f.Seed, p.Name, strings.Join(one.classes, ", "), one.words)
	fmt.Fprintf(&head, "mode: %s\nlimit: %d\n", one.spec.Mode, randomLimit)
	if one.lot.form != rule.FormAuto {
		fmt.Fprintf(&head, "form: %s\n", one.lot.form)
	}
	for _, op := range p.Ops {
		fmt.Fprintf(&head, "%s: %s\n", op.Kind, op.Name)
	}
	for _, class := range slices.Sorted(maps.Keys(one.told)) {
		fmt.Fprintf(&head, "may: %s %q\n", class, one.told[class])
	}
	source, err := format.Source(one.withWants())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	lib, err := shake(f.lib, source, f.drive)
	if err != nil {
		return nil, err
	}
	drive, err := format.Source([]byte(string(f.drive) + "\n" + p.Drive()))
	if err != nil {
		return nil, err
	}
	files := []txtar.File{{Name: "program.go", Data: source}, {Name: "lib.go", Data: lib}, {Name: driveFile, Data: drive}}
	if one.lot.form == rule.FormErrgroup {
		files = append(files, txtar.File{Name: "uses.go", Data: usesErrgroup})
	}
	return txtar.Format(&txtar.Archive{Comment: []byte(head.String()), Files: files}), nil
}

// withWants is the program with its findings named where they are.
func (one *failure) withWants() []byte {
	lines := bytes.SplitAfter(one.program.Source(), []byte("\n"))
	for _, f := range one.applied {
		if i := f.Line - 1; i < len(lines) {
			lines[i] = fmt.Appendf(nil, "%s // want %s/%s %q\n", bytes.TrimRight(lines[i], "\n"), f.Rule, f.Safety, f.Message)
		}
	}
	return bytes.Join(lines, nil)
}

// shake leaves out the functions of lib that nothing names.
func shake(lib []byte, roots ...[]byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "lib.go", lib, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	text := bytes.Join(roots, nil)
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	kept := map[ast.Decl]bool{}
	for again := true; again; {
		again = false
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && !kept[d] && bytes.Contains(text, []byte(fn.Name.Name+"(")) {
				kept[d], again = true, true
				text = append(text, lib[offset(fn.Body.Pos()):offset(fn.Body.End())]...)
			}
		}
	}
	var out []byte
	from := 0
	for _, d := range file.Decls {
		if _, ok := d.(*ast.FuncDecl); ok && !kept[d] {
			out = append(out, lib[from:offset(startOf(d))]...)
			from = offset(d.End())
		}
	}
	out = append(out, lib[from:]...)
	for _, path := range []string{"fmt", "strings"} { // which nothing may need now
		if !bytes.Contains(out, []byte(path+".")) {
			out = bytes.Replace(out, []byte("\t\""+path+"\"\n"), nil, 1)
		}
	}
	return format.Source(out)
}

// keep reduces failures, and writes those of which there is none like it yet into a folder.
// It returns what to tell about each.
func (f *field) keep(list []*failure, folder string) (texts []string, err error) {
	r := &reducer{field: f}
	seen := map[string]bool{}
	for _, one := range list {
		kind := one.program.Rule + " " + strings.Join(one.classes, " ")
		if seen[kind] || len(seen) >= 5 {
			texts = append(texts, fmt.Sprintf("%s: %s (not reduced)", one.program.Name, strings.Join(one.classes, ", ")))
			continue
		}
		seen[kind] = true
		small, err := r.reduce(one)
		if err != nil {
			return texts, err
		}
		data, err := f.archive(small)
		if err != nil {
			return texts, err
		}
		name := filepath.Join(folder, fmt.Sprintf("%s_seed%d_%s.txtar", one.program.Rule, f.Seed, one.program.Name))
		if err := writeFile(name, data); err != nil {
			return texts, err
		}
		texts = append(texts, fmt.Sprintf("seed %d, program %s (%s), reduced and kept in %s: %s\n%s\nwhich goherd makes\n%s",
			f.Seed, one.program.Name, one.safeties(), name, small.words, indent(string(small.program.Source())), indent(string(small.text))))
	}
	return texts, nil
}

// tell notes which words announce a class.
func (w *rewritten) tell(c oracle.Class, text string) {
	if w.told == nil {
		w.told = map[string]string{}
	}
	if w.told[c.String()] == "" {
		w.told[c.String()] = text
	}
}
