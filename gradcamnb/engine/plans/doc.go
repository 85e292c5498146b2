// Package plans is what is computed for a request: its layers, methods and aims, looked up and checked ([New]); the one
// graph that makes all their maps ([Plan.Build]); and the results that are made of what that graph gives back
// ([Plan.Results]). It runs nothing: package engine compiles the graph and calls it.
package plans
