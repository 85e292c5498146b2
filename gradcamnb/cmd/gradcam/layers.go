package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/printable"
)

func layersCommand() *cobra.Command {
	var f explainFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "layers --model M.onnx",
		Short: "List the layers of a model",
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.model == "" {
				return cli.Usagef("--model is missing: name an ONNX file, or hf://owner/name/file.onnx")
			}
			e := engine.New(f.backend)
			if f.backend != "" { // a wrong name is an error, although layers are listed without computing
				if err := e.Start(); err != nil {
					return err
				}
			}
			m, err := e.OpenModel(c.Context(), f.model)
			if err != nil {
				return err
			}
			if f.size != "" && m.Info().Prep == nil { // no picture is prepared
				f.mean, f.scale = "0", "1"
			}
			var r gradcamnb.Request
			if err := f.readInputs(m, &r); err != nil {
				return err
			}
			layers, err := m.LayersContext(c.Context(), r)
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(layers)
			}
			return layerTable(c.OutOrStdout(), layers)
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "ONNX file, or one on the hub: hf://owner/name/file.onnx[@revision]")
	c.Flags().StringVar(&f.backend, "backend", "", backendHelp)
	c.Flags().StringVar(&f.size, "size", "",
		"size of the model's input, 224 or 320x240 (width x height), instead of the sidecar's")
	c.Flags().StringArrayVar(&f.given, "input", nil, inputHelp)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func layerTable(w io.Writer, layers []gradcamnb.Layer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LAYER\tMODULE\tOP\tSHAPE\tMAP\tFEEDS OUTPUT\t")
	for _, l := range layers {
		grid, feeds, why := "-", "no", ""
		if l.Grid[0] > 0 {
			grid = strings.ReplaceAll(strings.Trim(fmt.Sprint(l.Cells()), "[]"), " ", "x")
		}
		if l.Feeds {
			feeds = "yes"
		}
		if l.WithoutPicture {
			why = "of another input than the picture"
		}
		if l.Suggested {
			why = "<- suggested: " + l.Why
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%v\t%s\t%s\t%s\n", printable.Line(l.Name), printable.Line(l.Path), printable.Line(l.Op),
			l.Shape, grid, feeds, why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nA layer is chosen by its name or by a module; a module stands for the last tensor that it makes.")
	if i := slices.IndexFunc(layers, func(l gradcamnb.Layer) bool { return l.Suggested }); i >= 0 { // it may be far above
		fmt.Fprintf(w, "If none is chosen, it is %s.\n", printable.Line(layers[i].Name))
	}
	return nil
}
