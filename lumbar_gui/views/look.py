"""The theme on the screen: fonts, ttk styles with rounded corners, labels and buttons in one size and tone.

One Look is made per theme and scale; the window is built anew when either changes, so no widget follows a theme.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any

from PIL import Image, ImageDraw, ImageTk

from lumbar_gui.views import theme
from lumbar_gui.views.theme import Palette

SMOOTH = 4  # drawn this much larger, then shrunk: smooth corners


def focused(widget: tk.Misc) -> tk.Misc | None:
    """Who has the keys; None where it is a dialog of Tk's own, whose widgets tkinter cannot name."""
    try:
        return widget.focus_get()
    except KeyError:
        return None


class Look:
    """Colours, fonts and lengths for one theme at one scale.

    scale: 1.0 for 100 %.
    """

    def __init__(self, root: tk.Misc, palette: Palette, scale: float) -> None:
        self.root = root
        self.palette = palette
        self.scale = scale
        self._images: dict[str, ImageTk.PhotoImage] = {}
        family = tkfont.nametofont("TkDefaultFont", root).actual("family")
        self._fonts = {
            name: tkfont.Font(
                root, family=family, size=-self.px(size), weight="bold" if name in theme.BOLD else "normal"
            )
            for name, size in theme.FONT_SIZES.items()
        }
        self._make_style()

    def px(self, length: float) -> int:
        """A length at 100 % in pixels of this display."""
        return round(length * self.scale)

    def font(self, name: str) -> tkfont.Font:
        """One of theme.FONT_SIZES."""
        return self._fonts[name]

    def tone(self, name: str) -> str:
        """A colour of the palette by its token."""
        return str(getattr(self.palette, name))

    def frame(self, parent: tk.Misc, ground: str = "") -> tk.Frame:
        """A plain surface, of the parent's colour unless told."""
        return tk.Frame(parent, background=self.tone(ground) if ground else str(parent["background"]))

    def card(self, parent: tk.Misc) -> tk.Frame:
        """A panel with a thin line around and round corners; its content goes into it with CARD_PADDING."""
        card = tk.Frame(
            parent,
            background=self.palette.panel,
            highlightthickness=max(1, self.px(1)),
            highlightbackground=self.palette.line,
            highlightcolor=self.palette.line,
            padx=self.px(theme.CARD_PADDING),
            pady=self.px(theme.CARD_PADDING - 2),
        )
        self._round_corners(card, str(parent["background"]))
        return card

    def picture(self, name: str, draw: Callable[[], Image.Image]) -> ImageTk.PhotoImage:
        """A picture drawn once for this theme and scale."""
        return self._images[name] if name in self._images else self._kept(name, draw())

    def _round_corners(self, card: tk.Frame, around: str) -> None:
        """Four small pictures laid over a frame's corners: Tk's frames know square ones only."""
        side = self.px(theme.CORNER) + 1
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
            image = self.picture(f"corner-{around}-{x}{y}", lambda x=x, y=y: self._corner(around, x, y))  # type: ignore[misc]
            corner = tk.Label(card, image=image, borderwidth=0, padx=0, pady=0, width=side, height=side)
            anchor = ("n" if y == 0 else "s") + ("w" if x == 0 else "e")
            corner.place(relx=x, rely=y, anchor=anchor, bordermode="outside")  # type: ignore[arg-type]

    def _corner(self, around: str, x: int, y: int) -> Image.Image:
        side, line = self.px(theme.CORNER) + 1, max(1, self.px(1))
        full = side * 2
        image = Image.new("RGB", (full * SMOOTH, full * SMOOTH), around)
        box = (0, 0, full * SMOOTH - 1, full * SMOOTH - 1)
        ImageDraw.Draw(image).rounded_rectangle(
            box, self.px(theme.CORNER) * SMOOTH, self.palette.panel, self.palette.line, line * SMOOTH
        )
        small = image.resize((full, full), Image.Resampling.LANCZOS)
        return small.crop((x * side, y * side, (x + 1) * side, (y + 1) * side))

    def label(self, parent: tk.Misc, text: str = "", tone: str = "text", size: str = "text", **more: Any) -> tk.Label:
        """Words on the parent's ground."""
        return tk.Label(
            parent,
            text=text,
            foreground=self.tone(tone),
            background=str(parent["background"]),
            font=self._fonts[size],
            borderwidth=0,
            padx=0,
            pady=0,
            anchor="w",
            justify="left",
            **more,
        )

    def wrapping(self, parent: tk.Misc, text: str = "", tone: str = "text", size: str = "text") -> tk.Label:
        """Words that break to the width they are given; pack or grid it with fill."""
        label = self.label(parent, text, tone, size)

        def wrap(event: tk.Event[tk.Misc]) -> None:
            width = max(event.width - 2, 40)
            if abs(int(str(label["wraplength"])) - width) > 1:
                label.configure(wraplength=width)

        label.configure(wraplength=self.px(240))
        label.bind("<Configure>", wrap)
        return label

    def button(self, parent: tk.Misc, text: str, command: Callable[[], object], kind: str = "") -> ttk.Button:
        """A button; kind "Primary" for the one thing to do next."""
        style = f"{kind}.TButton" if kind else "TButton"
        named = f"g{str(parent['background'])[1:]}.{style}"
        ttk.Style(self.root).configure(named, background=str(parent["background"]))
        return ttk.Button(parent, text=text, command=command, style=named)

    def check(
        self, parent: tk.Misc, text: str, variable: tk.BooleanVar, command: Callable[[], object]
    ) -> ttk.Checkbutton:
        """A check box."""
        named = f"g{str(parent['background'])[1:]}.TCheckbutton"
        ttk.Style(self.root).configure(named, background=str(parent["background"]))
        return ttk.Checkbutton(parent, text=text, variable=variable, command=command, style=named)

    def radio(
        self, parent: tk.Misc, text: str, variable: tk.Variable, value: str, command: Callable[[], object]
    ) -> ttk.Radiobutton:
        """One of several."""
        named = f"g{str(parent['background'])[1:]}.TRadiobutton"
        ttk.Style(self.root).configure(named, background=str(parent["background"]))
        return ttk.Radiobutton(parent, text=text, variable=variable, value=value, command=command, style=named)

    def entry(self, parent: tk.Misc, variable: tk.StringVar) -> tk.Entry:
        """A field to write a few words in."""
        p = self.palette
        return tk.Entry(
            parent,
            textvariable=variable,
            background=p.raised,
            foreground=p.text,
            insertbackground=p.text,
            font=self._fonts["text"],
            relief="flat",
            highlightthickness=max(1, self.px(1)),
            highlightbackground=p.line,
            highlightcolor=p.accent,
        )

    def text(self, parent: tk.Misc) -> tk.Text:
        """Lines of equal letters, to be read and copied."""
        p = self.palette
        return tk.Text(
            parent,
            wrap="none",
            background=p.panel,
            foreground=p.text,
            selectbackground=p.accent,
            font=("TkFixedFont", -self.px(12)),
            relief="flat",
            highlightthickness=0,
            borderwidth=0,
        )

    def area(self, parent: tk.Misc, rows: int) -> tk.Text:
        """A field to write a few lines in; Tab leaves it."""
        p = self.palette
        area = tk.Text(
            parent,
            height=rows,
            width=20,
            wrap="word",
            undo=True,
            background=p.raised,
            foreground=p.text,
            insertbackground=p.text,
            selectbackground=p.accent,
            font=self._fonts["text"],
            relief="flat",
            padx=self.px(6),
            pady=self.px(4),
            highlightthickness=max(1, self.px(1)),
            highlightbackground=p.line,
            highlightcolor=p.accent,
        )
        area.bind("<Tab>", _leave)
        for key in "oi":  # of the window; Tk's own would break the line, and put a tab in, as well
            area.unbind_class("Text", f"<Control-Key-{key}>")
        return area

    def scrollbar(self, parent: tk.Misc, command: Callable[..., object]) -> ttk.Scrollbar:
        """A thin vertical bar on the parent's ground."""
        ground = str(parent["background"])
        named = f"g{ground[1:]}.Vertical.TScrollbar"
        ttk.Style(self.root).configure(named, background=ground, troughcolor=ground)
        return ttk.Scrollbar(parent, orient="vertical", command=command, takefocus=False, style=named)  # type: ignore[arg-type]

    def menu(self, parent: tk.Misc) -> tk.Menu:
        """A menu in the theme's colours."""
        return tk.Menu(
            parent,
            tearoff=False,
            font=self._fonts["text"],
            background=self.palette.raised,
            foreground=self.palette.text,
            activebackground=self.palette.accent,
            activeforeground=self.palette.on_accent,
            relief="flat",
            borderwidth=1,
            activeborderwidth=self.px(2),
        )

    def _make_style(self) -> None:
        style = ttk.Style(self.root)
        name = f"lumbar-{self.palette.name}-{id(self)}"
        style.theme_create(name, parent="clam")
        style.theme_use(name)
        self._plain(style)
        self._buttons(style, "TButton", "Soft", self._soft_states(), self.palette.text)
        self._buttons(style, "Primary.TButton", "Primary", self._primary_states(), self.palette.on_accent)
        style.configure("Primary.TButton", font=self._fonts["bold"], padding=(self.px(28), self.px(9)))
        style.map("Primary.TButton", foreground=[("disabled", self.palette.ground)])
        self._indicators(style)
        self._scrollbar(style)

    def _plain(self, style: ttk.Style) -> None:
        p = self.palette
        font = self._fonts["text"]
        style.configure(".", background=p.ground, foreground=p.text, font=font, borderwidth=0, arrowcolor=p.text)
        style.map(".", foreground=[("disabled", p.dim)])
        # Where the system has no file dialogs of its own, Tk's take their colours from the theme.
        for field in ("TEntry", "TCombobox"):
            style.configure(field, fieldbackground=p.raised, insertcolor=p.text, bordercolor=p.line)
            style.configure(field, selectbackground=p.accent, selectforeground=p.ground)
            style.map(field, fieldbackground=[], selectbackground=[], selectforeground=[])
        style.configure("Horizontal.TScrollbar", background=p.line, troughcolor=p.panel)

    def _soft_states(self) -> dict[str, tuple[str, str]]:
        p = self.palette
        return {
            "normal": (p.raised, p.line),
            "disabled": (p.panel, p.line),
            "pressed": (p.line, p.line),
            "focus": (p.raised, p.accent),
            "active": (p.over, p.dim),
        }

    def _primary_states(self) -> dict[str, tuple[str, str]]:
        p = self.palette
        return {
            "normal": (p.accent, p.accent),
            "disabled": (p.accent_off, p.accent_off),
            "pressed": (p.accent_off, p.accent),
            "focus": (p.accent, p.text),
            "active": (p.accent_over, p.accent_over),
        }

    def _buttons(self, style: ttk.Style, name: str, prefix: str, states: dict[str, tuple[str, str]], text: str) -> None:
        images = {state: self._box(f"{prefix}-{state}", *colours) for state, colours in states.items()}
        style.element_create(
            f"{prefix}.box",
            "image",
            images["normal"],
            ("disabled", images["disabled"]),
            ("pressed", images["pressed"]),
            ("focus", images["focus"]),
            ("active", images["active"]),
            border=self.px(theme.CORNER + 2),
            padding=0,
            sticky="nsew",
        )
        label = ("Button.label", {"sticky": "nsew"})
        inside = ("Button.padding", {"sticky": "nsew", "children": [label]})
        layout: Any = [(f"{prefix}.box", {"sticky": "nsew", "children": [inside]})]
        style.layout(name, layout)
        style.configure(name, foreground=text, padding=(self.px(14), self.px(9)), anchor="center")

    def _indicators(self, style: ttk.Style) -> None:
        p = self.palette
        for widget, rounded in (("TCheckbutton", False), ("TRadiobutton", True)):
            off = self._mark(f"{widget}-off", p.raised, p.dim, rounded, False)
            over = self._mark(f"{widget}-focus", p.raised, p.accent, rounded, False)
            on = self._mark(f"{widget}-on", p.accent, p.accent, rounded, True)
            on_focus = self._mark(f"{widget}-on-focus", p.accent, p.text, rounded, True)
            element = f"Lumbar.{widget}.mark"
            style.element_create(
                element, "image", off, ("selected", "focus", on_focus), ("selected", on), ("focus", over), sticky="w"
            )
            label = (f"{widget[1:]}.label", {"side": "left", "sticky": "nsew"})
            mark = (element, {"side": "left", "sticky": ""})
            layout: Any = [(f"{widget[1:]}.padding", {"sticky": "nsew", "children": [mark, label]})]
            style.layout(widget, layout)
            style.configure(widget, padding=self.px(4), foreground=p.text)
            style.map(widget, background=[])

    def _scrollbar(self, style: ttk.Style) -> None:
        p = self.palette
        width = max(6, self.px(8))
        thumb = self._pill("thumb", p.line, width)
        over = self._pill("thumb-over", p.dim, width)
        style.element_create(
            "Lumbar.thumb", "image", thumb, ("active", over), border=(0, width // 2), sticky="nsew", height=width * 2
        )
        style.element_create("Lumbar.trough", "from", "clam", "Label.background")
        layout: Any = [("Lumbar.trough", {"sticky": "ns", "children": [("Lumbar.thumb", {"expand": True})]})]
        style.layout("Vertical.TScrollbar", layout)

    def _box(self, name: str, fill: str, line: str) -> ImageTk.PhotoImage:
        """A rounded button surface, stretched by its middle."""
        side, corner, width = self.px(24), self.px(theme.CORNER), max(1, self.px(1))
        image = Image.new("RGBA", (side * SMOOTH, side * SMOOTH), (0, 0, 0, 0))
        ImageDraw.Draw(image).rounded_rectangle(
            (0, 0, side * SMOOTH - 1, side * SMOOTH - 1), corner * SMOOTH, fill, line, width * SMOOTH
        )
        return self._kept(name, image.resize((side, side), Image.Resampling.LANCZOS))

    def _pill(self, name: str, fill: str, width: int) -> ImageTk.PhotoImage:
        size = (width * SMOOTH, width * 2 * SMOOTH)
        image = Image.new("RGBA", size, (0, 0, 0, 0))
        ImageDraw.Draw(image).rounded_rectangle((SMOOTH, 0, size[0] - SMOOTH, size[1] - 1), size[0] // 2, fill)
        return self._kept(name, image.resize((width, width * 2), Image.Resampling.LANCZOS))

    def _mark(self, name: str, fill: str, line: str, rounded: bool, ticked: bool) -> ImageTk.PhotoImage:
        """A check or radio mark with the gap to its words."""
        side, gap, unit = self.px(18), self.px(8), self.px(18) * SMOOTH
        image = Image.new("RGBA", ((side + gap) * SMOOTH, unit), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        corner = unit // 2 if rounded else self.px(4) * SMOOTH
        draw.rounded_rectangle((0, 0, unit - 1, unit - 1), corner, fill, line, max(1, self.px(1.5)) * SMOOTH)
        if ticked and rounded:
            draw.ellipse((unit * 0.3, unit * 0.3, unit * 0.7, unit * 0.7), fill=self.palette.on_accent)
        elif ticked:
            tick = [(unit * x, unit * y) for x, y in ((0.22, 0.52), (0.42, 0.72), (0.78, 0.30))]
            draw.line(tick, fill=self.palette.on_accent, width=round(unit * 0.12), joint="curve")
        return self._kept(name, image.resize((side + gap, side), Image.Resampling.LANCZOS))

    def _kept(self, name: str, image: Image.Image) -> ImageTk.PhotoImage:
        self._images[name] = ImageTk.PhotoImage(image, master=self.root)
        return self._images[name]


def _leave(event: tk.Event[tk.Misc]) -> str:
    """Tab goes on to the next control, as from any other one."""
    following = event.widget.tk_focusNext()
    if following is not None:
        following.focus_set()
    return "break"
