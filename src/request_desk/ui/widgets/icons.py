"""Lucide icons in the colours of the theme, drawn once for each colour, size and screen; no widget lives here."""

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

STROKE = "1.75"  # Lucide's 2 is heavy beside 13 px text
CACHED = 512


class IconStore:
    """Loads SVG files by name and tints them; QtSvg alone would paint `currentColor` black."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, str] = {}
        self._pixmaps: OrderedDict[tuple[str, int, int, float], QPixmap] = OrderedDict()

    def pixmap(self, name: str, color: QColor, size: int, ratio: float = 1.0) -> QPixmap:
        """Return the icon `size` logical pixels wide for a screen with `ratio` device pixels each."""
        key = (name, color.rgba(), size, ratio)
        found = self._pixmaps.get(key)
        if found is not None:
            self._pixmaps.move_to_end(key)
            return found
        made = self._drawn(name, color, size, ratio)
        self._pixmaps[key] = made
        if len(self._pixmaps) > CACHED:
            self._pixmaps.popitem(last=False)
        return made

    def _drawn(self, name: str, color: QColor, size: int, ratio: float) -> QPixmap:
        side = max(1, round(size * ratio))
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        tinted = self._source(name).replace("currentColor", color.name())
        renderer = QSvgRenderer(QByteArray(tinted.encode()))
        painter = QPainter(pixmap)
        painter.setOpacity(color.alphaF())
        renderer.render(painter, QRectF(0, 0, side, side))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _source(self, name: str) -> str:
        source = self._sources.get(name)
        if source is None:
            text = (self._folder / f"{name}.svg").read_text("utf-8")
            source = self._sources[name] = text.replace('stroke-width="2"', f'stroke-width="{STROKE}"')
        return source
