package maker

import "strings"

// PaddleOCR reads the characters that a recogniser of PP-OCR tells apart, as RapidOCR's
// converter writes them, one a line; the first class is the blank, the last the space.
var PaddleOCR = register(Maker{Name: "PaddleOCR", Place: InFile, Tell: func(f File) (*Metadata, error) {
	characters := f.Props["character"]
	if characters == "" {
		return nil, nil
	}
	labels := append([]string{"blank"}, strings.Split(strings.TrimRight(characters, "\n"), "\n")...)
	return &Metadata{By: "as PaddleOCR wrote into it", Labels: append(labels, " ")}, nil
}})
