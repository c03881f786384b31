/** A link in a text: takes what the router's `Link` takes, checked by type. */
import { Anchor, type AnchorProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Props = AnchorProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps> & {
    readonly ref?: Ref<HTMLAnchorElement>
  }

const Linked = (props: Props) => <Anchor {...props} />

/** `<LinkText to="/rules">…</LinkText>` */
export const LinkText = createLink(Linked)
