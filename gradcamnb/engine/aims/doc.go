// Package aims turns targets into aims. An [Aim] is a target that was looked up in a model ([Lookup]), with the graph
// function that scores it and the function's arguments. An [Outcome] is what an aim came to for each picture. The
// package runs nothing and makes no map.
package aims
