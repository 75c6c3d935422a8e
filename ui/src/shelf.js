// A part of localStorage under a prefix. Sandbox and real sources never share one:
// a tab that writes for real in the sandbox must not turn up in front of a cluster.
export const shelf = (prefix) => ({
  get length() {
    return localStorage.length;
  },
  getItem: (key) => localStorage.getItem(prefix + key),
  setItem: (key, value) => localStorage.setItem(prefix + key, value),
  removeItem: (key) => localStorage.removeItem(prefix + key),
  clear: () => {
    const mine = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    mine.forEach((key) => localStorage.removeItem(key));
  },
});
