import Foundation

@testable import Terminal

/// A colour as light, each part from 0 to 1, and how it is seen.
struct LinearColor {
    var red: Double
    var green: Double
    var blue: Double

    static let black = LinearColor(red: 0, green: 0, blue: 0)
    static let white = LinearColor(red: 1, green: 1, blue: 1)

    init(red: Double, green: Double, blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// A colour of the terminal, by its number; of the first eight, xterm's.
    init(number: Int32) {
        func linear(_ part: Int32) -> Double {
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        let (red, green, blue) = TerminalColor.components(number)
        self.init(red: linear(red), green: linear(green), blue: linear(blue))
    }

    /// The relative luminance of WCAG 2.
    var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

    /// The contrast ratio of WCAG 2: 1 to 21.
    func contrast(on other: LinearColor) -> Double {
        let (one, two) = (luminance + 0.05, other.luminance + 0.05)
        return max(one, two) / min(one, two)
    }

    /// The distance in CIELAB (CIE76): about 2 can just be seen side by side.
    func distance(to other: LinearColor, seenWith vision: ColorVision) -> Double {
        let (a, b) = (vision.simulate(self).lab, vision.simulate(other).lab)
        return (pow(a.0 - b.0, 2) + pow(a.1 - b.1, 2) + pow(a.2 - b.2, 2)).squareRoot()
    }

    private var lab: (Double, Double, Double) {
        func curve(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116 }
        let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
        let y = curve(luminance)
        let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
        return (116 * y - 16, 500 * (x - y), 200 * (y - z))
    }
}

/// Who looks. The matrices are those of Machado, Oliveira and Fernandes (2009) at full severity.
enum ColorVision: CaseIterable {
    case normal
    case protanopia
    case deuteranopia
    case tritanopia

    private var matrix: [[Double]] {
        switch self {
        case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        case .protanopia:
            [
                [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
            ]
        case .deuteranopia:
            [
                [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
            ]
        case .tritanopia:
            [
                [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
            ]
        }
    }

    func simulate(_ color: LinearColor) -> LinearColor {
        let parts = matrix.map { row in
            min(1, max(0, row[0] * color.red + row[1] * color.green + row[2] * color.blue))
        }
        return LinearColor(red: parts[0], green: parts[1], blue: parts[2])
    }
}
