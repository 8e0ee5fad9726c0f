module github.com/goherd/goherd/bench/formats

go 1.26.0

replace github.com/goherd/goherd => ../..

require (
	github.com/reviewdog/reviewdog v0.21.3
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	google.golang.org/protobuf v1.36.12
)

require golang.org/x/text v0.43.0 // indirect
