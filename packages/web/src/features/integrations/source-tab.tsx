/** What an integration brings in: its state, its runs, what could not be read. */
export const SourceTab = ({ id }: { readonly id: string }) => <>{id}</>
