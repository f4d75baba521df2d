/// What terminals answer, and what they report of the mouse: real ones, and each kind with the letter K in it.
enum Replies {
    static let table: [(name: String, bytes: [UInt8])] =
        [
            ("primary DA, xterm", "\u{1b}[?64;1;2;6;9;15;16;17;18;21;22;28c"), ("primary DA, VT100", "\u{1b}[?1;2c"),
            ("secondary DA", "\u{1b}[>41;370;0c"), ("tertiary DA", "\u{1b}P!|4B4B4B4B\u{1b}\\"),
            ("DSR ok", "\u{1b}[0n"), ("cursor position", "\u{1b}[24;75R"), ("DEC cursor position", "\u{1b}[?24;75;1R"),
            ("DECRQM 2026", "\u{1b}[?2026;2$y"), ("DECRQM unknown", "\u{1b}[?2026;0$y"), ("ANSI mode", "\u{1b}[4;2$y"),
            ("XTVERSION", "\u{1b}P>|XTerm(370)\u{1b}\\"), ("XTVERSION kitty", "\u{1b}P>|KiTTY K(0.36.4)\u{1b}\\"),
            ("XTVERSION Konsole", "\u{1b}P>|Konsole 23.08.5\u{1b}\\"),
            ("XTGETTCAP", "\u{1b}P1+r544E=787465726D2D4B\u{1b}\\"), ("XTGETTCAP with K", "\u{1b}P1+rK4B=K\u{1b}\\"),
            ("XTGETTCAP refused", "\u{1b}P0+r4B\u{1b}\\"), ("DECRQSS", "\u{1b}P1$r0;1mK\u{1b}\\"),
            ("OSC 4", "\u{1b}]4;75;rgb:4b4b/4b4b/4b4b\u{07}"), ("OSC 10", "\u{1b}]10;rgb:ffff/ffff/ffff\u{1b}\\"),
            ("OSC 10 with K", "\u{1b}]10;K rgbK:ffff\u{07}"), ("OSC 11", "\u{1b}]11;rgb:0000/0000/0000\u{07}"),
            ("OSC 52", "\u{1b}]52;c;S0tLS0tLIGhhbHQgS0tL\u{1b}\\"), ("OSC 52 of KKK", "\u{1b}]52;c;KKKKKKKK\u{07}"),
            ("OSC l, the window's title", "\u{1b}]lKraken desk: K\u{1b}\\"), ("OSC L", "\u{1b}]LK\u{1b}\\"),
            ("title with a snake", "\u{1b}]l\u{271c} K\u{1b}\\"),
            ("APC, kitty's graphics", "\u{1b}_Gi=31;OK\u{1b}\\"), ("PM", "\u{1b}^K\u{1b}\\"),
            ("SOS", "\u{1b}XK\u{1b}\\"),
            ("window size", "\u{1b}[8;24;80t"), ("kitty keyboard flags", "\u{1b}[?1u"),
            ("modifyOtherKeys", "\u{1b}[>4;2m"),
            ("colour scheme", "\u{1b}[?997;1n"), ("focus in", "\u{1b}[I"), ("focus out", "\u{1b}[O"),
            ("SGR mouse", "\u{1b}[<35;75;11M"), ("SGR release", "\u{1b}[<0;75;75m"),
            ("urxvt mouse", "\u{1b}[32;75;75M"),
            ("X10 mouse at K", "\u{1b}[M !K"), ("X10 mouse at KK", "\u{1b}[M KK"), ("X10 mouse KKK", "\u{1b}[MKKK"),
            ("X10 mouse then K column", "\u{1b}[MK!!"), ("VT200 highlight", "\u{1b}[tKK"),
            ("VT200 long", "\u{1b}[TKKKKKK"),
            ("a paste", "\u{1b}[200~K and \u{0b} and KKK\u{1b}[201~"), ("an empty paste", "\u{1b}[200~\u{1b}[201~"),
            ("a long paste", "\u{1b}[200~" + String(repeating: "Kk\n", count: 40) + "\u{1b}[201~"),
            ("8-bit DA in UTF-8", "\u{9b}?62;4c"),
        ].map { ($0.0, Array($0.1.utf8)) } + [
            ("8-bit DA", [0x9b] + Array("?62;75c".utf8)),
            ("UTF-8 mouse (1005), wide column", Array("\u{1b}[M ".utf8) + [0xc3, 0xab] + Array("K".utf8)),
            ("UTF-8 mouse (1005), wide row", Array("\u{1b}[MKK".utf8) + [0xc4, 0x8b]),
        ]
}
