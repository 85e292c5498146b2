package main

import (
	"image"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

const targetHelp = `what is explained:
  top1, top2, ...               the logit of the best class, the second best, ...
  class:285                     the logit of a class; class:3,5 names one a picture
  softmax:285                   the softmax probability of a class
  binary:1                      the logit of a model with a single one; binary:0 its negative
  contrast:285,282              why class 285 rather than class 282
  finer:285                     what sets a class apart from the three most similar (FinerCAM)
  tag:4                         the logit of a tag; tags:1,4 those of several together
  tags>0.5                      every tag whose probability is above 0.5, one map a tag
  attribute:HEAD:VALUE          a value of an attribute head by name
  output:NAME:INDEX             an element of a named output
  tensor:NAME:INDEX             an element of any tensor, e.g. before a sigmoid
  region:CLASS[:mean]           a class of a segmentation where it is predicted
  region:CLASS:MASK.npy[:mean]  a class of a segmentation over a mask
  part:CLASS:X,Y[:mean]         the connected part of a predicted region that holds a pixel
  border:CLASS,OTHER[:mean]     why the border between two predicted regions lies where it does
  similar:PICTURE[:TENSOR]      likeness to a second picture, by the first output or a tensor`

// parseTarget reads a target as --target writes it.
func parseTarget(s string) (gradcamnb.Target, error) {
	if rank, ok := strings.CutPrefix(s, "top"); ok && !strings.Contains(s, ":") {
		n, err := strconv.Atoi(rank)
		if err != nil || n < 1 {
			return gradcamnb.Target{}, cli.Usagef("target %q: a rank is a number from 1, as in top1", s)
		}
		return gradcamnb.Top(n), nil
	}
	if share, ok := strings.CutPrefix(s, "tags>"); ok {
		threshold, err := strconv.ParseFloat(share, 32)
		if err != nil {
			return gradcamnb.Target{}, cli.Usagef("target %q: %q is no number", s, share)
		}
		return gradcamnb.TagsAbove(float32(threshold)), nil
	}
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case "class", "softmax", "binary", "contrast", "finer", "tag", "tags":
		index, err := parseIndices(s, rest)
		return gradcamnb.Target{Kind: kind, Index: index}, err
	case "attribute":
		head, value, ok := strings.Cut(rest, ":")
		if !ok {
			return gradcamnb.Target{}, cli.Usagef("target %q: write attribute:HEAD:VALUE", s)
		}
		return gradcamnb.Attribute(head, value), nil
	case "output", "tensor":
		at := strings.LastIndex(rest, ":") // names may hold colons
		if at < 1 {
			return gradcamnb.Target{}, cli.Usagef("target %q: write %s:NAME:INDEX", s, kind)
		}
		index, err := parseIndices(s, rest[at+1:])
		return gradcamnb.Target{Kind: kind, Name: rest[:at], Index: index}, err
	case "region":
		return parseRegion(s, rest)
	case "part", "border":
		return parsePart(s, kind, rest)
	case "similar":
		file, tensor, _ := strings.Cut(rest, ":")
		img, err := imgio.Open(file)
		if err != nil {
			return gradcamnb.Target{}, err
		}
		return gradcamnb.Similar(img).In(tensor), nil
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

// parsePart reads CLASS:X,Y[:mean] of a part and CLASS,OTHER[:mean] of a border.
func parsePart(s, kind, rest string) (gradcamnb.Target, error) {
	rest, mean := strings.CutSuffix(rest, ":mean")
	classes, point, _ := strings.Cut(rest, ":")
	index, err := parseIndices(s, classes)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	t := gradcamnb.Target{Kind: kind, Index: index, Mean: mean}
	if kind == "border" {
		return t, nil
	}
	at, err := parseIndices(s, point)
	if err != nil || len(at) != 2 {
		return gradcamnb.Target{}, cli.Usagef("target %q: write part:CLASS:X,Y", s)
	}
	t.Point = image.Pt(at[0], at[1])
	return t, nil
}

// parseRegion reads CLASS[:mean] or CLASS:MASK.npy[:mean]; the mask is [H, W], or [batch,
// H, W] with one a picture.
func parseRegion(s, rest string) (gradcamnb.Target, error) {
	rest, mean := strings.CutSuffix(rest, ":mean")
	class, file, masked := strings.Cut(rest, ":")
	index, err := parseIndices(s, class)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	t := gradcamnb.Target{Kind: "region", Index: index, Mean: mean}
	if !masked {
		return t, nil
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
	n := dims[1] * dims[2]
	for i := range dims[0] {
		t.Masks = append(t.Masks, heatmap.Grid{H: dims[1], W: dims[2], Values: values[i*n : (i+1)*n]})
	}
	return t, nil
}
