// Package plans plans what is computed for a request. [New] looks up and checks the request's layers, methods and
// targets. [Plan.Build] builds one graph that makes all maps. [Plan.Results] makes results of what that graph returns.
// The package runs nothing: package engine compiles the graph and calls it.
package plans
