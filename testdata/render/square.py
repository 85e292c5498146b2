# Makes square.ttf, a font with one letter, U+732B (cat), which is a black square: python square.py
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

pen = TTGlyphPen(None)
pen.moveTo((100, 0))
for point in ((100, 800), (900, 800), (900, 0)):
    pen.lineTo(point)
pen.closePath()
font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder([".notdef", "cat"])
font.setupCharacterMap({0x732B: "cat"})
font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "cat": pen.glyph()})
font.setupHorizontalMetrics({".notdef": (1000, 0), "cat": (1000, 100)})
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({"familyName": "Square", "styleName": "Regular"})
font.setupOS2()
font.setupPost()
font.font.recalcTimestamp = False
font.font["head"].created = font.font["head"].modified = 0
font.save("square.ttf")
