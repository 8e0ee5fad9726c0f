module github.com/goherd/goherd/release

go 1.26.0
