// Bareload loads packages the way goherd does and does nothing with them: what
// goherd's own time is compared with.
//
//	bareload [-C DIR] [packages]
package main

import (
	"flag"
	"fmt"
	"os"

	"golang.org/x/tools/go/packages"
)

func main() {
	dir := flag.String("C", "", "folder to load in")
	flag.Parse()
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule,
		Tests: true,
		Dir:   *dir,
	}, flag.Args()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bareload:", err)
		os.Exit(1)
	}
	fmt.Println(len(pkgs), "packages")
}
