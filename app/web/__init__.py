"""What every page shares: page or fragment, the boundary, headers, error pages, limits, languages."""
