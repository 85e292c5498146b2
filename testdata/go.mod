// A module of its own, so that the test data stays out of what `go get` downloads.
module github.com/gradcam-go/gradcam/testdata

go 1.26
