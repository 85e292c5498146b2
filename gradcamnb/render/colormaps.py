"""Writes colormaps.txt, the colour maps of matplotlib 3.11.2 that people know by name, as 65 colours each at equal distances.

viridis, plasma, inferno and magma (Smith and van der Walt 2015) and cividis (Nunez, Anderton and Renslow 2018) are in the
public domain (CC0); turbo (Mikhailov 2019) is Apache-2.0.

usage: python colormaps.py > colormaps.txt
"""
from matplotlib import colormaps

for name in ["viridis", "cividis", "inferno", "magma", "plasma", "turbo"]:
    print(name, "".join("%02x%02x%02x" % tuple(round(255 * v) for v in colormaps[name](i / 64)[:3]) for i in range(65)))
