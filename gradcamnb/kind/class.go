package kind

// Class is the kind of target for the logit of a class, by its label or by its number. There is one number for all
// pictures, or one for each.
var Class = Register(Kind{
	Name: "class", Score: "class", Measured: "softmax", Call: "Class", CallByName: "Label",
	Forms: []Form{
		{"class:285", "the logit of a class; class:3,5 gives one for each picture"},
		{"class:tiger cat", "the logit of a class by its label"},
	},
	Read: readNamesOrNumbers("class"), WithIndex: setIndex, Elements: outputElements, Resolve: elements("class", Classes),
})
