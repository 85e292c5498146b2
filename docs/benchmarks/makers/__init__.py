"""Small files as the exporters of many makers write them. One group of makers a file."""
from makers import detrs, faces, google, hub, nanodet, openmmlab, paddle, points, vision, yolo

CASES = {name: case for of in (yolo, nanodet, openmmlab, paddle, detrs, google, vision, hub, faces, points) for name, case in of.CASES.items()}
