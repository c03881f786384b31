/** The link of a row to its detail: the first cell's text, reached by keyboard, filling the row for the mouse. */
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'
import classes from './row-link.module.css'

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly ref?: Ref<HTMLAnchorElement> }

const Anchor = ({ className: _own, ...rest }: Props) => (
  <a {...rest} className={classes['link']} data-row-link />
)

/** Takes what the router's `Link` takes: `<RowLink to="/rules/$id" params={{ id }}>name</RowLink>`. */
export const RowLink = createLink(Anchor)
