module github.com/goherd/goherd/bench

go 1.26.0

require (
	github.com/goherd/goherd v0.0.0-00010101000000-000000000000
	golang.org/x/tools v0.52.0
)

require (
	github.com/DataDog/go-sqllexer v0.2.6 // indirect
	github.com/dave/dst v0.28.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	github.com/sergi/go-diff v1.4.0 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace github.com/goherd/goherd => ..
