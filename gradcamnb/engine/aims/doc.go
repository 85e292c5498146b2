// Package aims is what is explained: targets that were looked up in a model ([Lookup]), each with the graph function
// that scores it, its arguments, and what it came to for each picture ([Outcome]). It runs nothing and draws no map.
package aims
