/// Where the tasks of connections run: a thread of their own that gives way to whatever else the host does, and never the
/// pool that all of the process shares.
final class ReaderExecutor: TaskExecutor {
    private let threads = WorkThreads(threads: 1, most: .max)

    func start() { threads.start() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        // Without its thread, at the very end, whoever hands it over does it.
        if !threads.add({ job.runSynchronously(on: executor) }) { job.runSynchronously(on: executor) }
    }

    /// Ends it, once no connection is left.
    func stop() { threads.stop(withinMs: 1_000) }
}
