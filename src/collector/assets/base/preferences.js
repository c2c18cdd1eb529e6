// What a browser remembers of its user. Storage may be refused; then everything lasts as long as the page.

const fallback = new Map();

export function remembered(name, otherwise = null, storage = () => localStorage) {
  try {
    return storage().getItem(`llmtrace.${name}`) ?? fallback.get(name) ?? otherwise;
  } catch {
    return fallback.get(name) ?? otherwise;
  }
}

export function remember(name, value, storage = () => localStorage) {
  if (value === null) fallback.delete(name);
  else fallback.set(name, value);
  try {
    if (value === null) storage().removeItem(`llmtrace.${name}`);
    else storage().setItem(`llmtrace.${name}`, value);
  } catch {
    // Kept above.
  }
}
