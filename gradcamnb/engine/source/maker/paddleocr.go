package maker

import "strings"

// PaddleOCR reads the characters that a PP-OCR recogniser distinguishes, one a line, as RapidOCR's converter writes
// them. The first class is the blank, the last one the space.
var PaddleOCR = register(Maker{Name: "PaddleOCR", Place: InFile, Tell: func(f File) (*Metadata, error) {
	characters := f.Props["character"]
	if characters == "" {
		return nil, nil
	}
	labels := append([]string{"blank"}, strings.Split(strings.TrimRight(characters, "\n"), "\n")...)
	return &Metadata{By: "as PaddleOCR wrote into it", Labels: append(labels, " ")}, nil
}})
