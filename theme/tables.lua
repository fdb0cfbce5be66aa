-- In HTML a table lies in a box that scrolls; its columns have the widths that a browser finds, whatever the dashes say.
if not FORMAT:match 'html' then return {} end

local function boxed(tbl)
  tbl.colspecs = tbl.colspecs:map(function(spec) return { spec[1], nil } end)
  return pandoc.Div(tbl, { class = 'scroll' })
end

return { { Table = boxed } }
