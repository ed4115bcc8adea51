/** Many times what anything waited for takes on a machine that does nothing else, ms: what comes ends the wait at once. */
const patienceMs = 60_000;

/** Polls until `condition` answers something truthy, and answers that. @throws Error that names `what`, after `timeoutMs`. */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; what: string },
): Promise<NonNullable<T>> {
  const { timeoutMs = patienceMs, what } = options;
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 1.5, 100)) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((wake) => setTimeout(wake, waitMs));
  }
}
