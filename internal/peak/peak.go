// Package peak reads how much memory a process took at most.
package peak
