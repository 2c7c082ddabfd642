public import HTTPSupport
public import Kernel
public import Storage

extension StorageError: SampanErrorConvertible {
    /// That the disk is full can be told to anybody; everything else is the server's own affair.
    public var sampanError: SampanError { isFull ? .storageFull : .internalError }
}
