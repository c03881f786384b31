/** A link that looks like a button: takes what the router's `Link` takes, checked by type. */
import { Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Props = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & {
    readonly ref?: Ref<HTMLAnchorElement>
  }

const Linked = (props: Props) => <Button component="a" {...props} />

/** `<LinkButton to="/rules/new">…</LinkButton>` */
export const LinkButton = createLink(Linked)
