package kind

// Class is the logit of a class, by its number, one for all pictures or one a picture, or by its
// label.
var Class = Register(Kind{
	Name: "class", Score: "class", Measured: "softmax",
	Forms: []Form{
		{"class:285", "the logit of a class; class:3,5 names one a picture"},
		{"class:tiger cat", "the logit of a class by its label"},
	},
	Read: namedOrNumbered("class"), WithIndex: setIndex, Elements: named, Resolve: elements("class", Classes),
})
