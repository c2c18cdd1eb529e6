// Runs before the first paint, so that a chosen theme does not flash in the other one.
(function () {
  try {
    const theme = localStorage.getItem('llmtrace.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // No storage: the system's theme it is.
  }
})();
