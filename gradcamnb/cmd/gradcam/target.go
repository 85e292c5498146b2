package main

import (
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

const targetHelp = `what is explained:
  top1, top2, ...               the logit of the best class, the second best, ...
  class:285                     the logit of a class; class:3,5 names one a picture
  softmax:285                   the softmax probability of a class
  output:NAME:INDEX             an element of a named output
  tensor:NAME:INDEX             an element of any tensor, e.g. before a sigmoid
  region:CLASS:MASK.npy[:mean]  a class of a segmentation over a mask`

// parseTarget reads a target as --target writes it.
func parseTarget(s string) (gradcamnb.Target, error) {
	if rank, ok := strings.CutPrefix(s, "top"); ok && !strings.Contains(s, ":") {
		n, err := strconv.Atoi(rank)
		if err != nil || n < 1 {
			return gradcamnb.Target{}, cli.Usagef("target %q: a rank is a number from 1, as in top1", s)
		}
		return gradcamnb.Top(n), nil
	}
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case "class", "softmax":
		index, err := parseIndices(s, rest)
		return gradcamnb.Target{Kind: kind, Index: index}, err
	case "output", "tensor":
		at := strings.LastIndex(rest, ":") // names may hold colons
		if at < 1 {
			return gradcamnb.Target{}, cli.Usagef("target %q: write %s:NAME:INDEX", s, kind)
		}
		index, err := parseIndices(s, rest[at+1:])
		return gradcamnb.Target{Kind: kind, Name: rest[:at], Index: index}, err
	case "region":
		return parseRegion(s, rest)
	}
	return gradcamnb.Target{}, cli.Usagef("there is no target %q; --target is %s", s, targetHelp)
}

func parseIndices(target, list string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, cli.Usagef("target %q: %q is no number", target, part)
		}
		out = append(out, n)
	}
	return out, nil
}

// parseRegion reads CLASS:MASK.npy[:mean]; the mask is [H, W], or [batch, H, W]
// with one a picture.
func parseRegion(s, rest string) (gradcamnb.Target, error) {
	class, file, ok := strings.Cut(rest, ":")
	if !ok {
		return gradcamnb.Target{}, cli.Usagef("target %q: write region:CLASS:MASK.npy[:mean]", s)
	}
	file, mean := strings.CutSuffix(file, ":mean")
	index, err := parseIndices(s, class)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	dims, values, err := npyfile.Read(file)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	if len(dims) == 2 {
		dims = append([]int{1}, dims...)
	}
	if len(dims) != 3 {
		return gradcamnb.Target{}, cli.Usagef("target %q: the mask has the shape %v and must be [H, W] or [batch, H, W]", s, dims)
	}
	t := gradcamnb.Target{Kind: "region", Index: index, Mean: mean}
	n := dims[1] * dims[2]
	for i := range dims[0] {
		t.Masks = append(t.Masks, heatmap.Grid{H: dims[1], W: dims[2], Values: values[i*n : (i+1)*n]})
	}
	return t, nil
}
