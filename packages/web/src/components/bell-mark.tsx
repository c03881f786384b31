/** Carillon's mark: a small bell. */

/** The bell, `size` px high; screen readers skip it. */
export const BellMark = ({ size = 20 }: { readonly size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
    <path
      fill="var(--carillon-accent)"
      d="M16 3a2 2 0 0 1 2 2v.6c4.100.9 7 4.500 7 8.900 0 5 1.300 7.400 2.900 9 .8.8.2 2.500-1.200 2.500H5.300c-1.400 0-2-1.700-1.200-2.500 1.600-1.600 2.900-4 2.900-9 0-4.400 2.900-8 7-8.900V5a2 2 0 0 1 2-2ZM12.500 27.500h7a3.500 3.500 0 0 1-7 0Z"
    />
  </svg>
)
