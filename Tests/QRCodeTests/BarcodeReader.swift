import Foundation

/// ZBar, found while the tests run: whoever only builds need not have it.
final class BarcodeReader {
    private typealias Make = @convention(c) () -> OpaquePointer?
    private typealias SetNumber = @convention(c) (OpaquePointer, UInt) -> Void
    private typealias SetSize = @convention(c) (OpaquePointer, UInt32, UInt32) -> Void
    private typealias SetData = @convention(c) (OpaquePointer, UnsafeRawPointer, UInt, OpaquePointer?) -> Void
    private typealias Scan = @convention(c) (OpaquePointer, OpaquePointer) -> Int32
    private typealias First = @convention(c) (OpaquePointer) -> OpaquePointer?
    private typealias Text = @convention(c) (OpaquePointer) -> UnsafePointer<CChar>?
    private typealias End = @convention(c) (OpaquePointer) -> Void

    private let library: UnsafeMutableRawPointer

    static var isInstalled: Bool { BarcodeReader() != nil }

    init?() {
        guard let library = dlopen("libzbar.so.0", RTLD_NOW) else { return nil }
        self.library = library
    }

    deinit { dlclose(library) }

    /// The text of the first code in a grey picture.
    func read(_ pixels: [UInt8], width: Int) -> String? {
        guard let scanner = function("zbar_image_scanner_create", Make.self)?(), let image = function("zbar_image_create", Make.self)?() else { return nil }
        defer {
            function("zbar_image_destroy", End.self)?(image)
            function("zbar_image_scanner_destroy", End.self)?(scanner)
        }
        // The four letters Y800: one byte of brightness for each pixel.
        function("zbar_image_set_format", SetNumber.self)?(image, 0x3030_3859)
        function("zbar_image_set_size", SetSize.self)?(image, UInt32(width), UInt32(pixels.count / width))
        return pixels.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            function("zbar_image_set_data", SetData.self)?(image, base, UInt(bytes.count), nil)
            guard function("zbar_scan_image", Scan.self)?(scanner, image) == 1 else { return nil }
            let symbol = function("zbar_image_first_symbol", First.self)?(image)
            return symbol.flatMap { function("zbar_symbol_get_data", Text.self)?($0) }.map { String(cString: $0) }
        }
    }

    private func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
        dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }
}
