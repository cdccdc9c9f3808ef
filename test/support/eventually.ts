/**
 * For the effects of several processes or sockets that nothing announces: checks again until the
 * condition holds. Fails with the last check's finding. The limit is a guard against hanging: it costs nothing
 * where the condition comes true, and a machine may be slow.
 */
export async function eventually(
  look: () => unknown,
  withinMs = 45_000,
  everyMs = 5,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await look();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
