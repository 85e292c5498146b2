"""Makes pictures of four quarters in kinds that Go cannot write: red 200 20 20, green 20 200 20, blue 20 20 200, yellow
180 180 40, upright as their EXIF orientation says. Pillow 13.0.0. Run: python make.py
"""
import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

a = np.zeros((8, 16, 3), np.uint8)
a[:4, :8], a[:4, 8:], a[4:, :8], a[4:, 8:] = (200, 20, 20), (20, 200, 20), (20, 20, 200), (180, 180, 40)
im = Image.fromarray(a)
# The transposition that brings a picture with this orientation upright, inverted.
stored = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
          5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}
for o, turn in stored.items():
    e = Image.Exif()
    e[0x0112] = o
    out = im if turn is None else im.transpose(turn)
    out.save(f"orientation-{o}.png", exif=e)
    out.save(f"orientation-{o}.webp", lossless=True, exif=e)
    out.save(f"orientation-{o}.tif", tiffinfo={0x0112: o})
    for kind in ("png", "webp", "tif"):
        back = ImageOps.exif_transpose(Image.open(f"orientation-{o}.{kind}")).convert("RGB")
        assert back.tobytes() == im.tobytes(), (o, kind)
# Only an XMP packet says how the picture lies: as an attribute in the TIFF and the WebP, and as an element in the others.
attribute = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
element = attribute.replace(b' tiff:Orientation="6"/>', b"><tiff:Orientation>8</tiff:Orientation></rdf:Description>")
texts = PngInfo()
texts.add_itxt("XML:com.adobe.xmp", element.decode(), zip=True)
im.transpose(stored[8]).save("xmp.png", pnginfo=texts)
im.transpose(stored[8]).save("xmp.jpg", xmp=element, quality=100, subsampling=0)
im.transpose(stored[6]).save("xmp.webp", lossless=True, xmp=attribute)
im.transpose(stored[6]).save("xmp.tif", tiffinfo={700: attribute})
for kind in ("png", "jpg", "webp", "tif"):
    back = ImageOps.exif_transpose(Image.open(f"xmp.{kind}")).convert("RGB")
    assert back.size == im.size and np.abs(np.asarray(back).astype(int) - np.asarray(im)).max() <= 2, kind
# A fax of a black bar on white, and the same data with 0 for white: a white bar on black.
fax = Image.new("1", (16, 8), 1)
fax.paste(0, (0, 0, 16, 2))
fax.save("fax-0-is-black.tif", compression="group4")
data = open("fax-0-is-black.tif", "rb").read()
field = data.index(b"\x06\x01\x03\x00\x01\x00\x00\x00\x01")  # PhotometricInterpretation, one short, 1
open("fax-0-is-white.tif", "wb").write(data[:field + 8] + b"\x00" + data[field + 9:])
for name, white in ("fax-0-is-black.tif", True), ("fax-0-is-white.tif", False):
    assert np.asarray(Image.open(name))[:, 0].tolist() == [not white] * 2 + [white] * 6, name
im.save("animated.webp", save_all=True, append_images=[ImageOps.invert(im)], duration=100, lossless=True)
im.convert("CMYK").save("cmyk.tif")
im.save("tiny.avif")
im.save("tiny.jp2")
