// Package peak reads the largest amount of memory that a process used.
package peak
