package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
)

// folderNames returns a name for the folder of each picture's results, each another one. It is the picture's own name
// if no other picture has that, else with the name of the picture's folder before it, or else with a sum of its path
// behind it.
func folderNames(pictures []string) []string {
	names := make([]string, len(pictures))
	for i, path := range pictures {
		names[i] = folderName(filepath.Base(path))
	}
	for _, more := range []func(path string) string{withParent, withSum} {
		taken := map[string]int{}
		for _, name := range names {
			taken[strings.ToLower(name)]++ // some systems ignore case
		}
		for i, path := range pictures {
			if taken[strings.ToLower(names[i])] > 1 {
				names[i] = more(path)
			}
		}
	}
	return names
}

// withParent returns a picture's name with that of its folder.
func withParent(path string) string {
	name, parent := filepath.Base(path), filepath.Base(filepath.Dir(path))
	if strings.Trim(parent, `./\`) == "" { // a folder without a name of its own, such as the one that we are in
		return folderName(name)
	}
	return folderName(parent + "-" + name)
}

// withSum returns a picture's name with a sum of its whole path.
func withSum(path string) string {
	sum := sha256.Sum256([]byte(path))
	return folderName(filepath.Base(path)) + "-" + hex.EncodeToString(sum[:4])
}

// longestName is how many bytes of a file's name a folder's name keeps: systems take 255, and files lie within.
const longestName = 100

// folderName returns a file's name as the name of a folder that every system takes. It keeps spaces and letters of all
// languages.
func folderName(name string) string {
	name = strings.TrimRight(replaceForbidden(strings.ToValidUTF8(name, "_")), ". ")
	if len(name) > longestName {
		name = strings.ToValidUTF8(name[len(name)-longestName:], "")
	}
	switch rest, hidden := strings.CutPrefix(name, "."); {
	case rest == "":
		return "picture"
	case hidden: // no results are hidden
		return "_" + rest
	}
	return name
}

// replaceForbidden returns a text with _ in place of each character that some system does not take in a file's name.
func replaceForbidden(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
}

// fileName returns a name, such as a layer's, as a part of a file name without spaces.
func fileName(layer string) string {
	return strings.Trim(strings.ReplaceAll(replaceForbidden(layer), " ", "_"), "_.")
}

// freeName returns the name of a file that is not taken yet, and takes it: the name itself or, if that is taken, with a
// number behind it, n or a higher one.
func freeName(taken map[string]bool, name string, n int) string {
	free := name
	for ; taken[strings.ToLower(free)]; n++ { // some systems ignore case
		free = fmt.Sprintf("%s-%d", name, n)
	}
	taken[strings.ToLower(free)] = true
	return free
}
