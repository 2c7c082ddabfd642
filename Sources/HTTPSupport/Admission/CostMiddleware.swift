public import Hummingbird
public import Kernel

/// Measures what each routed request costs, so that admission knows what the next one like it will.
public struct CostMiddleware: RouterMiddleware {
    /// Takes note of what a request has cost, in microseconds.
    public typealias Note = @Sendable (Request, SampanRequestContext, Double) -> Void

    /// What a request costs an event loop before its handler does anything: decoding, routing, answering.
    private static let base = 50.0
    private let note: Note

    /// Makes the middleware.
    public init(note: @escaping Note) { self.note = note }

    /// Passes one request through.
    public func handle(
        _ request: Request, context: SampanRequestContext, next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        let meter = CostMeter()
        defer { note(request, context, Self.base + Double(meter.microseconds)) }
        return try await CostMeter.$current.withValue(meter) { try await next(request, context) }
    }
}
