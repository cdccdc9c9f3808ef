/**
 * For the effects of several processes or sockets that nothing announces: checks again until the
 * condition holds. Fails with the last check's finding.
 */
export async function eventually(
  look: () => unknown,
  withinMs = 15_000,
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
