package render

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed card
var cardFiles embed.FS

// cardParts are the files of the card's script in their order. Each may use those before it.
var cardParts = []string{"main", "maps", "parts", "draw", "boxes", "text", "live", "keys", "start"}

var (
	cardScript = sync.OnceValue(func() string {
		var b strings.Builder
		b.WriteString("function (id, style, data) {\n")
		for _, part := range cardParts {
			b.WriteString(cardFile(part + ".js"))
		}
		return b.String() + "}\n"
	})
	cardStyle = sync.OnceValue(func() string { return cardFile("card.css") })
)

func cardFile(name string) string {
	text, err := cardFiles.ReadFile("card/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(text)
}

// scriptHTML returns the script element with its data. JSON as Go writes it has no <, > or & and no line separators, so
// it cannot end the script. The script stands in an HTML comment, which JavaScript ignores: nbconvert --sanitize-html
// removes the tags of a script and leaves the text between them, but not comments.
func scriptHTML(id string, data cardData) (string, error) {
	var arguments []string
	for _, v := range []any{id, cardStyle(), data} {
		text, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("writing the card: %w", err)
		}
		arguments = append(arguments, string(text))
	}
	return "<script><!--\n(" + cardScript() + ")(" + strings.Join(arguments, ", ") + ")\n--></script>", nil
}
